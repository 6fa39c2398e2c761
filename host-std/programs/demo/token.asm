; A token: what a wallet needs of an ERC-20.
;
; constructor  one word: the supply, which goes to who deploys
; functions    totalSupply(), balanceOf(address), transfer(address,uint256)
; storage      slot 2^160: total supply; slot of an account's number: its balance
; reverts      with Error("not enough tokens"); everything else that is wrong without data
; events       Transfer(from, to, amount)
        .text
entry:
        and!    1, r2, r0               ; r2: bit 0 marks the call of the constructor
        jump.ne @constructor
        shr.s   96, r1, r3
        and     @mask[0], r3, r3        ; bytes of calldata
        ld      r1, r2
        shr.s   224, r2, r2             ; the selector
        add     4, r0, r4
        ptr.add r1, r4, r1
        sub!    @transfer[0], r2, r0
        jump.eq @do_transfer
        sub!    @balance_of[0], r2, r0
        jump.eq @get_balance
        sub!    @total_supply[0], r2, r0
        jump.ne @fail
        add     @supply[0], r0, r4
        jump    @answer_slot
get_balance:
        sub.s!  36, r3, r0
        jump.lt @fail
        ld      r1, r4
        shr.s!  160, r4, r0
        jump.ne @fail                   ; no address
answer_slot:
        sload   r4, r4
        jump    @answer

do_transfer:
        context.get_context_u128 r4
        add!    r4, r0, r0
        jump.ne @fail                   ; takes no value
        sub.s!  68, r3, r0
        jump.lt @fail
        ld.inc  r1, r5, r1              ; the receiver
        ld      r1, r6                  ; the amount
        shr.s!  160, r5, r0
        jump.ne @fail
        context.caller r4
        sload   r4, r7
        sub!    r7, r6, r7
        jump.lt @poor
        sstore  r4, r7
        sload   r5, r7
        add     r7, r6, r7              ; no more than the supply, so it cannot overflow
        sstore  r5, r7
        near_call r0, @announce, @fail
        add     1, r0, r4
answer:
        st.1    0, r4
        add     @one_word[0], r0, r1
        ret.ok  r1

constructor:
        ld      r1, r6
        context.caller r5
        sstore  r5, r6
        add     @supply[0], r0, r4
        sstore  r4, r6
        add     r0, r0, r4              ; from nobody: the tokens are new
        near_call r0, @announce, @fail
        add     32, r0, r4              ; immutables: an array without elements
        st.1    0, r4
        st.1    32, r0
        add     @two_words[0], r0, r1
        ret.ok  r1

; The event of a transfer of r6 from r4 to r5.
announce:
        st.1    0, r6
        add     r5, r0, r6
        add     r4, r0, r5
        add     @transfer_topic[0], r0, r4
        add     3, r0, r3               ; number of topics
        add     @event_call[0], r0, r1
        add     @event_writer[0], r0, r2
        far_call r1, r2, @no_event
        ret.ok  r0
no_event:
        ret.revert r0

poor:
        add     @error[0], r0, r4
        st.1    0, r4
        add     32, r0, r4
        st.1    4, r4
        add     17, r0, r4
        st.1    36, r4
        add     @not_enough[0], r0, r4
        st.1    68, r4
        add     @four_words[0], r0, r1
        ret.revert r1
fail:
        ret.revert r0

        .rodata
mask:
        .cell   4294967295
transfer:                               ; selector of transfer(address,uint256)
        .cell   2835717307
balance_of:                             ; selector of balanceOf(address)
        .cell   1889567281
total_supply:                           ; selector of totalSupply()
        .cell   404098525
supply:                                 ; 2^160
        .cell   1461501637330902918203684832716283019655932542976
one_word:                               ; 32 bytes from address 0 of the heap
        .cell   2535301200456458802993406410752
two_words:                              ; 64 bytes from address 0 of the heap
        .cell   5070602400912917605986812821504
four_words:                             ; 100 bytes from address 0 of the heap
        .cell   7922816251426433759354395033600
transfer_topic:                         ; keccak256 of "Transfer(address,address,uint256)"
        .cell   100389287136786176327247604509743168900146139575972864366142685224231313322991
event_call:                             ; a system call with all ergs and 32 bytes from address 0
        .cell   452312875543213049246862219470521463235677130564937660173807027163892809728
event_writer:
        .cell   32781
error:                                  ; selector of Error(string), at the left
        .cell   3963877391197344453575983046348115674221700746820753546331534351508065746944
not_enough:                             ; "not enough tokens"
        .cell   49951334844326196376799170330493082308207935566144505030299202519694428864512
