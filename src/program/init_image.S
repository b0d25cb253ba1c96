/* The bytes of phial-init, as the programs that start containers carry them. */
	.section .rodata
	.balign 16
	.globl phial_init_begin
	.globl phial_init_end
phial_init_begin:
	.incbin PHIAL_INIT_BYTES
phial_init_end:
	.section .note.GNU-stack,"",%progbits
