; The stack in all addressing modes: pushes, pops, places counted from the top and from the bottom.
        .text
entry:
        ld      r1, r15                 ; iterations, from calldata
        nop     stack+=[8]
        add     @seeds[0], r0, stack=[0]
        add     @seeds[1], r0, stack=[1]
        add     2, r0, r2
        add     @seeds[2], r0, r3
loop:
        add     r3, r0, stack+=[1]
        add     stack=[0], r3, stack+=[1]
        xor     stack-[1], r3, r4
        add     stack-[2], r4, stack-[1]
        sub     stack-[1], r3, stack=[r2 + 1]
        and     stack=[r2 + 1], r4, r5
        or      stack=[1], r5, stack=[2]
        add     stack-=[1], r5, r6
        add     stack-=[1], r6, r3
        sub.s!  1, r15, r15
        jump.ne @loop
        ret     r0
        .rodata
seeds:
        .cell   95097065754048712493019462230827768523616324208853691743435754128633565197368
        .cell   82756395837922100221912995381274835605028981364556470710313671298509184143403
        .cell   63806912798634571738808025034475386892157271856625203989141421814633861828824
