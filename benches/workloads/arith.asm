; Additions, bit operations and shifts on full-width numbers, as compiled code mixes them.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r1
        add     @seeds[1], r0, r2
        add     @seeds[2], r0, r3
        add     @seeds[3], r0, r4
loop:
        add     r1, r2, r5
        xor     r5, r3, r6
        sub     r6, r4, r7
        and     r7, r1, r8
        or      r8, r2, r9
        shl.s   13, r9, r10
        shr.s   7, r7, r11
        xor     r10, r11, r1
        rol     r1, r15, r2
        add     977, r2, r3
        and     @mask, r3, r12
        ror.s   31, r5, r4
        sub!    r12, r4, r13
        add.lt  r13, r3, r3
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
        .cell   63806912798634571738808025034475386892157271856625203989141421814633861828824
        .cell   73021492421532667060410026606111736389590672304807578143368807500707988851238
mask:
        .cell   26959946667150639794667015087019630673637143213633199610548145094655
