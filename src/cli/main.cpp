// phial: the engine's command line.
#include "cli/app.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

namespace {

// No file of ours may take the place of a standard stream that the caller has closed.
void keep_standard_streams() {
  int fd = 0;
  do
    fd = ::open("/dev/null", O_RDWR); // allow open: one that stays stands for a standard stream
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0)
    ::close(fd);
}

} // namespace

int main(int argc, char** argv, char** environment) {
  keep_standard_streams();
  std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return phial::cli::run_command_line(words, environment);
}
