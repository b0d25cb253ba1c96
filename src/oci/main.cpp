// phial-oci: the OCI runtime's command line.
#include "oci/app.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

namespace {

// No descriptor of the program's may take the place of a standard stream that the caller has closed.
void keep_standard_streams() {
  int fd = 0;
  while (fd >= 0 && fd <= 2)
    fd = ::open("/dev/null", O_RDWR); // allow open: these are the standard descriptors
  ::close(fd);                        // the caller may have promised a descriptor of this number, and not opened it
  (void)::syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
}

// To wait for what we start: where a caller ignores it, the kernel takes our children away.
void keep_children() {
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  ::sigaction(SIGCHLD, &standard, nullptr);
}

// The part of the stack that making a container uses, at once: a quarter of what as many page faults cost.
void populate_stack() {
#ifdef MADV_POPULATE_WRITE // 5.14
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kSize = 11 * kPage; // less than the 128 KiB that execve(2) sets up
  char* here = static_cast<char*>(__builtin_frame_address(0));
  char* end = here - reinterpret_cast<std::uintptr_t>(here) % kPage;
  (void)::madvise(end - kSize, kSize, MADV_POPULATE_WRITE);
#endif
}

} // namespace

int main(int argc, char** argv, char** environment) {
  populate_stack();
  keep_standard_streams();
  keep_children();
  std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return phial::oci::run_command_line(words, environment);
}
