; Events of two words with two more each, as EventWriter emits them.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r3
        add     @seeds[1], r0, r4
loop:
        add     r15, r3, r3
        event.first r4, r3
        event   r3, r15
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   12884901890
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
