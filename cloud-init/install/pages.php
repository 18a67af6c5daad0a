<?php
// The content of the lab's applications: five short pages about what the lab is made of, the same in every guest.
// Each page: slug, title, paragraphs. Pictures are <slug>.jpg under /lab-media.
return [
    ['virtual-machines', 'Virtual machines', [
        'A virtual machine is a computer made of software. A hypervisor gives it processors, memory, disks and network cards, and keeps it apart from its neighbours on the same host.',
        'With hardware support most instructions of a guest run directly on the processor of the host. Without it every instruction is translated first, which is correct in all it does and slower by an order of magnitude.',
        'The memory of a guest belongs to it only when it has been touched. A guest that was started a moment ago therefore seems cheaper than one that has served pages for a day, and a single reading says little.',
        'Starting, stopping and copying a machine become operations on files. This is what makes a laboratory repeatable: the same description brings up the same machines tomorrow.',
    ]],
    ['bridges', 'Bridges', [
        'A bridge joins network interfaces at the level of Ethernet frames. Each guest has one end of a virtual cable, and the bridge of the host holds the other ends.',
        'The bridge learns which address lives behind which port, so that frames travel only where they are needed. The host itself can have an address on it and route between two of them.',
        'The laboratory has two bridges: one for the servers and one for the clients. A page that a client reads crosses both, and the host in between can watch it at either end.',
        'Segmentation offload lets interfaces pass on frames far larger than any cable would carry. Whoever counts packets must know whether it was on.',
    ]],
    ['storage', 'Storage', [
        'The disk of a guest can be a file, a volume or a device. A file in the qcow2 format grows as it is written, and can be a thin layer over another image that several guests share.',
        'Copying on write makes a new guest appear within a second: nothing is copied until the guest changes a block, and then only that block.',
        'The space that a host reports as used is the sum of what was written, not of what was promised. Many small guests fit where their nominal sizes would not.',
        'Caches lie between the application and the disk on both sides of the border, in the guest and on the host. The first reading of a page and the second one measure different things.',
    ]],
    ['images', 'Images', [
        'An image is the disk of a machine that has not been born yet. It holds an operating system and packages, and lacks a name, an address and secrets, which it receives when it is first started.',
        'The service that does this reads a small second disk with the description of the machine. It writes files, installs what is missing, runs commands and reports success or failure.',
        'Secrets do not belong in an image, because every machine made from it would share them. The machines of this laboratory make their own passwords and keep them.',
        'Pinning an image by its checksum means that two laboratories that claim to be equal are equal. A tag that moves cannot promise that.',
    ]],
    ['measurement', 'Measurement', [
        'A figure without its spread is an anecdote. The same quantity is measured several times, in an order drawn by lot, and reported as a median with an interval.',
        'Loss is what one end sent and the other never received. A capture at one end cannot tell it, because a packet that is sent again may have arrived the first time.',
        'Delay is measured from a segment to the acknowledgement that covers it. Jitter is how much that changes from one packet to the next, and a clock that is too coarse makes it vanish.',
        'Throughput during a reading session is mostly the silence between two pages. It describes the reader, and only the rate of each transfer describes the server.',
    ]],
];
