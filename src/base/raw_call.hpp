// One system call without libc: no errno, no cancellation, no lock. Freestanding. syscall(2).
#pragma once

#include <cstdint>

namespace phial {

// Returns what the kernel returns: a negative errno on failure.
inline long raw_call(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0,
                     std::uint64_t e = 0, std::uint64_t f = 0) {
#if defined(__x86_64__)
  long result;
  register std::uint64_t r10 asm("r10") = d;
  register std::uint64_t r8 asm("r8") = e;
  register std::uint64_t r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register std::uint64_t x8 asm("x8") = static_cast<std::uint64_t>(number);
  register std::uint64_t x0 asm("x0") = a;
  register std::uint64_t x1 asm("x1") = b;
  register std::uint64_t x2 asm("x2") = c;
  register std::uint64_t x3 asm("x3") = d;
  register std::uint64_t x4 asm("x4") = e;
  register std::uint64_t x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return static_cast<long>(x0);
#else
#error "this processor's system call convention is not known"
#endif
}

} // namespace phial
