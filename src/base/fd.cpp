#include "base/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial {

void Fd::reset(int number) {
  if (number_ >= 0)
    ::close(number_);
  number_ = number;
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return fail_call("pipe2", "");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> duplicate(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0)
    return fail_call("fcntl(F_DUPFD_CLOEXEC)", std::to_string(fd));
  return Fd(copy);
}

} // namespace phial
