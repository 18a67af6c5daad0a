<?php
// A maintenance script of MediaWiki: writes the lab's pages. Saving the same text again makes no new revision.
use MediaWiki\MediaWikiServices;

if (!class_exists('Maintenance')) {
    require_once getenv('MW_INSTALL_PATH') . '/maintenance/Maintenance.php';
}

class WriteLabPages extends Maintenance
{
    public function execute()
    {
        global $wgServer, $wgSitename;
        $titles = [];
        foreach (require __DIR__ . '/pages.php' as [$slug, $title, $paragraphs]) {
            $titles[] = "* [[$title]]";
            $this->save($title, "$wgServer/lab-media/$slug.jpg\n\n" . implode("\n\n", $paragraphs) . "\n\nBack to the [[Main Page]].\n");
        }
        $this->save('Main Page', "Welcome to $wgSitename.\n\n$wgServer/lab-media/measurement.jpg\n\n== Pages ==\n" . implode("\n", $titles) . "\n");
    }

    private function save(string $name, string $text): void
    {
        $services = MediaWikiServices::getInstance();
        $title = $services->getTitleFactory()->newFromText($name);
        $user = \MediaWiki\User\User::newSystemUser('Maintenance script', ['steal' => true]);
        $updater = $services->getWikiPageFactory()->newFromTitle($title)->newPageUpdater($user);
        $updater->setContent('main', new WikitextContent($text));
        $updater->saveRevision(CommentStoreComment::newUnsavedComment('Laboratory page'), EDIT_SUPPRESS_RC);
        if (!$updater->getStatus()->isOK()) {
            $this->fatalError("page $name could not be saved: " . print_r($updater->getStatus()->getErrors(), true));
        }
    }
}

$maintClass = WriteLabPages::class;
require_once RUN_MAINTENANCE_IF_MAIN;
