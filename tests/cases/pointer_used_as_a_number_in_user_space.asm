A pointer that is used as a number says where it points to in kernel space only; its offset and its length are kept everywhere.

;; entry 0x10009
        .text
entry:
        ptr.add.s 4133, r1, r1
        add     r1, r0, r2
        shr.s   64, r1, r3
        or      r1, r2, r4
        sub!    r1, r2, r5
        xor.eq  r2, r1, r6
        add     r1, r2, r7
        add     1, r1, r1
        ret     r0
