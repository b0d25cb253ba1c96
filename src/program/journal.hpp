// The journal: what each instruction gave and when, written by host and init into one shared mapping, and where the
// program failed if it did. Freestanding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace phial::program {

struct JournalEntry {
  std::int64_t result; // of the system call: negative errno on failure
  std::uint64_t begin; // ticks of the processor's counter; 0: never begun
  std::uint64_t end;   // 0: begun and not finished
};

inline constexpr std::size_t kSaidSize = 512;

struct Journal {
  std::uint32_t magic;
  std::uint32_t count;  // of entries
  std::uint32_t failed; // index of the instruction that failed, plus one; 0: none did
  std::int32_t failed_errno;
  // Two readings of CLOCK_MONOTONIC in nanoseconds and of the counter give the counter's speed.
  std::uint64_t first_nanoseconds, first_ticks;
  std::uint64_t last_nanoseconds, last_ticks;
  // For who has to find the container's process again: its number, and a time at which that number was its own, in
  // clock ticks after boot; 0 as long as there is none. And which boot that was. Written by the host.
  std::int64_t pid;
  std::uint64_t pid_known_at;
  std::uint64_t boot;     // the first 16 digits of the boot id
  std::uint64_t pid_seal; // of these three: a damaged number must not be a stranger's
  char said[kSaidSize];   // what the helper that failed said, NUL-terminated
  JournalEntry entries[]; // NOLINT: a flexible array, as in C
};

// FNV-1a of the three that name the process.
inline std::uint64_t seal_of(std::int64_t pid, std::uint64_t known_at, std::uint64_t boot) {
  std::uint64_t seal = 14695981039346656037U;
  for (std::uint64_t number : {static_cast<std::uint64_t>(pid), known_at, boot})
    for (unsigned byte = 0; byte < 8; ++byte)
      seal = (seal ^ (number >> (8 * byte) & 0xff)) * 1099511628211U;
  return seal;
}

inline constexpr std::uint32_t kJournalMagic = 0x4e524a50; // "PJRN"

inline constexpr std::size_t journal_size(std::uint32_t count) {
  return sizeof(Journal) + count * sizeof(JournalEntry);
}

// The processor's counter: cheap enough to read around every instruction, and the same on host and init.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
#error "this processor's counter is not known"
#endif
}

} // namespace phial::program
