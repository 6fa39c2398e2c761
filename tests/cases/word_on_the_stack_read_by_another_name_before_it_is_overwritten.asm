A result on the stack is stored if a word that is counted from elsewhere is read, or written, before it is overwritten: it may be the same.

;; entry 0x8001
        .text
; native code goes on where the stack's memory is there
entry:
        add     1, r0, stack[20]
        jump    @on
on:
        context.sp      r2
        add     7, r0, r9
        nop     stack+=[8]
; by a register
        add     11, r0, stack-[1]
        add     stack[r2 + 7], r0, r3
        add     12, r0, stack-[1]
; from the bottom, where the stack begins
        add     13, r0, stack-[2]
        add     stack[6], r0, r4
        add     14, r0, stack-[2]
; written by another name, and read by its own
        add     15, r0, stack-[3]
        add     16, r0, stack[5]
        add     stack-[3], r0, r5
        add     17, r0, stack-[3]
; another word written by another name
        add     20, r0, stack-[3]
        add     21, r0, stack[0]
        add     stack-[3], r0, r11
        add     22, r0, stack-[3]
; not read at all, and read by its own name only
        add     18, r0, stack-[4]
        add     stack-[4], r9, r6
        add     19, r0, stack-[4]
        add     stack-[4], r6, r7
; whoever reads something else panics
        sub.s!  11, r3, r0
        jump.ne @wrong
        sub.s!  13, r4, r0
        jump.ne @wrong
        sub.s!  16, r5, r0
        jump.ne @wrong
        sub.s!  25, r6, r0
        jump.ne @wrong
        sub.s!  44, r7, r0
        jump.ne @wrong
        sub.s!  20, r11, r0
        jump.ne @wrong
        ret     r0
wrong:
        panic
