// A child that shares our memory and begins in a function of ours: clone3(2), which the C library has no call for.
#pragma once

#include <asm/unistd.h>
#include <linux/sched.h>

#include <cstdint>

namespace phial {

// The child begins in `entry` on the stack in `arguments` and never returns from it; only the parent returns, with the
// pid or a negative errno. What the child runs may not use the C library, whose state it shares: raw_call() alone.
inline long clone_child(clone_args* arguments, void (*entry)()) {
#if defined(__x86_64__)
  long result;
  asm volatile("syscall\n"
               "  test %%rax, %%rax\n"
               "  jnz 1f\n"
               "  xor %%ebp, %%ebp\n"
               "  call *%[entry]\n"
               "  ud2\n"
               "1:"
               : "=a"(result)
               : "a"(__NR_clone3), "D"(arguments), "S"(sizeof(clone_args)), [entry] "b"(entry)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = __NR_clone3;
  register std::uint64_t x0 asm("x0") = reinterpret_cast<std::uint64_t>(arguments);
  register std::uint64_t x1 asm("x1") = sizeof(clone_args);
  register void (*x19)() asm("x19") = entry;
  asm volatile("svc #0\n"
               "  cbnz x0, 1f\n"
               "  mov x29, #0\n"
               "  blr x19\n"
               "  brk #0\n"
               "1:"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x19)
               : "x30", "memory");
  return static_cast<long>(x0);
#endif
}

} // namespace phial
