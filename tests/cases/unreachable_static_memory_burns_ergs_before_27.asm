Before protocol 27, an address of static memory that is out of reach costs 2³² − 1 ergs, as one of a heap does.

;; rules before-growth-rule
;; stipend 2097152
;; entry 0x8001
        .text
entry:
        add     5000, r0, r2
        near_call r2, @read, @after
after:
        near_call r2, @write, @end
end:
        context.ergs_left r3
        ret     r0
read:
        add     @address[0], r0, r12
        uma.static_read.inc r12, r2, r6, r9
        ret     r0
write:
        add     @address[0], r0, r12
        uma.static_write.inc r12, r5, r10, r3
        ret     r0
        .rodata
address:
        .cell   6277101735386680764176071790128604879584176795969512275969
