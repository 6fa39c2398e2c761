; Full-width multiplications whose halves feed the next one.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r1
        add     @seeds[1], r0, r2
loop:
        mul     r1, r2, r3, r4
        add     r3, r4, r1
        xor     r3, r2, r2
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
