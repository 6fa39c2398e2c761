; Reads one slot and writes two others, all never seen before.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r1
        add     @seeds[1], r0, r3
loop:
        add     r3, r1, r1
        sload   r1, r4
        add     r3, r1, r1
        sstore  r1, r15
        add     r3, r1, r1
        sstore  r1, r3
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
