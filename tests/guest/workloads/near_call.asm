; Near calls, three deep, with little done in between.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        add     @seeds[0], r0, r2
loop:
        call    @outer
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
outer:
        call    @middle
        ret
middle:
        call    @inner
        ret
inner:
        add     r2, r2, r3
        ret
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
