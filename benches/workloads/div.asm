; Divisions: 256 bits by 256, 160, 128 and 64 bits, by an immediate, and of one-limb numbers.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r1
        add     @seeds[1], r0, r2
        add     @narrow[0], r0, r3
        add     @narrow[1], r0, r4
        add     @narrow[2], r0, r5
        add     @narrow[3], r0, r6
loop:
        div     r1, r2, r7, r8
        div     r1, r3, r7, r9
        div     r1, r4, r7, r10
        div     r1, r5, r7, r11
        div.s   10000, r1, r7, r12
        div     r5, r6, r13, r14
        add     r8, r9, r8
        xor     r10, r11, r10
        rol.s   73, r1, r1
        add     r8, r1, r1
        xor     r10, r1, r1
        add     r12, r1, r1
        add     2, r6, r6
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   971027093595324335188850640973134840269212792228249164291750276718622389
narrow:
        .cell   1254653060978966356186200520833174352366660213452
        .cell   219228643645034065744971000981298331309
        .cell   11396255230412350444
        .cell   1226027820
