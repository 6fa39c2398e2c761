; Arithmetic and logic on full-width numbers in registers, a shift, and a loop counter.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r1
        add     @seeds[1], r0, r2
        add     13, r0, r3
loop:
        add     r1, r2, r4
        sub     r4, r1, r5
        and     r4, r5, r6
        or      r6, r1, r7
        xor     r7, r2, r8
        shl     r8, r3, r9
        add     r9, r4, r1
        xor     r5, r9, r2
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
