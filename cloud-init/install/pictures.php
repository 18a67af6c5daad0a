<?php
// Draws one picture per page into the directory given: shapes from a seeded generator, so that they are the same each time.
if ($argc !== 2) {
    fwrite(STDERR, "usage: php pictures.php DIRECTORY\n");
    exit(2);
}
foreach (require __DIR__ . '/pages.php' as $number => [$slug]) {
    $file = "$argv[1]/$slug.jpg";
    if (is_file($file)) {
        continue;
    }
    mt_srand(2019 + $number);
    $picture = imagecreatetruecolor(800, 450);
    imagefill($picture, 0, 0, imagecolorallocate($picture, 235, 238, 242));
    for ($shape = 0; $shape < 220; $shape++) {
        $colour = imagecolorallocate($picture, mt_rand(20, 230), mt_rand(40, 220), mt_rand(60, 240));
        $size = mt_rand(10, 120);
        if ($shape % 2 === 0) {
            imagefilledellipse($picture, mt_rand(0, 800), mt_rand(0, 450), $size, $size, $colour);
        } else {
            $left = mt_rand(0, 800);
            $top = mt_rand(0, 450);
            imagerectangle($picture, $left, $top, $left + $size, $top + mt_rand(10, 80), $colour);
        }
    }
    imagejpeg($picture, "$file.new", 80) && rename("$file.new", $file) || exit(1);
}
