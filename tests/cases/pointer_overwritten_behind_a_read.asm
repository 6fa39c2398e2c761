A pointer is moved, read through and overwritten: it need not be stored, unless the read is one that native code leaves to the interpreter, as
here for a pointer to nothing but its end, and for one that is shorter than a word.

;; entry 0x8001
        .text
entry:
        add     0, r0, r4
        add     64, r0, r5
        jump    @on
on:
        ptr.add r1, r4, r2
        ld      r2, r2
        ptr.add r1, r5, r3
        ld      r3, r3
        ptr.shrink r1, r5, r6
        ld      r6, r7
        ld.inc  r6, r7, r6
        add     1, r0, r6
        ret     r0
