// What the C++ library calls where it would throw. Nothing of ours catches, so each is the end of the program in any
// case: here with the library's own words, and without the 150 KiB of demangler, unwinder and locale that the
// library's versions bring along. They are the library's names and its declarations, in bits/functexcept.h.
#include <cstdlib>
#include <cstring>
#include <exception>
#include <unistd.h>

namespace {

[[noreturn]] void end_with(const char* what) {
  constexpr char kBefore[] = "a bug in this program: ";
  (void)!::write(STDERR_FILENO, kBefore, sizeof kBefore - 1);
  (void)!::write(STDERR_FILENO, what, std::strlen(what));
  (void)!::write(STDERR_FILENO, "\n", 1);
  std::abort();
}

} // namespace

namespace std {

void __throw_logic_error(const char* what) {
  end_with(what);
}
void __throw_length_error(const char* what) {
  end_with(what);
}
void __throw_out_of_range(const char* what) {
  end_with(what);
}
void __throw_invalid_argument(const char* what) {
  end_with(what);
}
void __throw_out_of_range_fmt(const char* what, ...) {
  end_with(what);
}
void __throw_bad_alloc() {
  end_with("out of memory");
}
void __throw_bad_array_new_length() {
  end_with("bad array length");
}
void __throw_bad_function_call() {
  end_with("bad function call");
}

} // namespace std

// A static local of a function is made at its first call. One thread needs no lock for that.
extern "C" int __cxa_guard_acquire(long long* guard) {
  return *reinterpret_cast<char*>(guard) == 0 ? 1 : 0;
}
extern "C" void __cxa_guard_release(long long* guard) {
  *reinterpret_cast<char*>(guard) = 1;
}
extern "C" void __cxa_guard_abort(long long*) {}

namespace __gnu_cxx {

void __verbose_terminate_handler() {
  end_with("terminated");
}

} // namespace __gnu_cxx
