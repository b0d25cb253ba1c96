// Fd: an owned file descriptor. No descriptor in Phial is held as a naked int across a return.
#pragma once

#include "base/error.hpp"

#include <sys/types.h>

#include <utility>

namespace phial {

class Fd {
public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other)
      reset(std::exchange(other.number_, -1));
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] explicit operator bool() const { return number_ >= 0; }
  // Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() { return std::exchange(number_, -1); }
  void reset(int number = -1);

private:
  int number_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

// pipe2(2); both ends O_CLOEXEC.
[[nodiscard]] Result<Pipe> make_pipe();

// fcntl(F_DUPFD_CLOEXEC) to a number of 3 or more.
[[nodiscard]] Result<Fd> duplicate(int fd);

} // namespace phial
