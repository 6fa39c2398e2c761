; Three functions that call each other; the innermost fails every time and its caller goes on at its handler.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r3
loop:
        call    @outer
        add     r3, r4, r3
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
outer:
        add     r3, r3, r4
        call    @inner
        add     r4, r5, r4
        near_call r0, @failing, @caught
caught:
        xor     r4, r6, r4
        ret
inner:
        shr.s   3, r4, r5
        ret
failing:
        add     r4, r3, r6
        revert
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
