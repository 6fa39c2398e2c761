; Reads and writes eight slots over and over.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r3
        add     7, r0, r8
loop:
        and     r15, r8, r1
        sload   r1, r4
        add     r3, r4, r4
        sstore  r1, r4
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
