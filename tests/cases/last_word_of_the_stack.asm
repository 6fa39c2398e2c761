The stack has 2¹⁶ words; the last one can be written and listed.

;; entry 0x8001
        .text
entry:
        add     65535, r0, r2
        add     7, r0, stack[r2]
        ptr.add r1, r0, stack[65535]
        near_call r0, @function, @handler
handler:
        ret     r0
function:
        add     stack[65535], r0, r3
        panic
