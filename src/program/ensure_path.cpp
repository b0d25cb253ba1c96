#include "program/ensure_path.hpp"

#include "base/raw_call.hpp"

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/openat2.h>

#include <cstddef>

namespace phial::program {

namespace {

constexpr unsigned kMaxLinks = 40; // as the kernel follows
constexpr std::size_t kPathSize = 4096;
constexpr std::uint64_t kPath = 010000000;
constexpr std::uint64_t kCloseOnExec = 02000000;
#if defined(__aarch64__)
constexpr std::uint64_t kDirectory = 040000;
constexpr std::uint64_t kNoFollow = 0100000;
#else
constexpr std::uint64_t kDirectory = 0200000;
constexpr std::uint64_t kNoFollow = 0400000;
#endif

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

std::uint64_t number(long descriptor) {
  return static_cast<std::uint64_t>(descriptor);
}

long look(std::uint64_t root, const char* path, std::uint64_t flags) {
  open_how how;
  how.flags = kPath | kCloseOnExec | flags;
  how.mode = 0;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return raw_call(__NR_openat2, root, address(path), address(&how), sizeof how);
}

void close(long descriptor) {
  raw_call(__NR_close, number(descriptor));
}

// A path below the root, walked from its beginning; the text of a link to nothing takes the link's place in it.
class Walk {
public:
  Walk(std::uint64_t root, std::uint64_t file) : root_(root), file_(file) {}

  long begin(const char* path) { return append(path); }

  // Makes what is missing.
  long run() {
    while (next()) {
      char after = text_[end_];
      text_[end_] = '\0'; // up to this part
      long result = part();
      if (result < 0)
        return result;
      if (result == 0)
        text_[end_] = after;
    }
    return look(root_, size_ == 0 ? "." : text_, file_ == 0 ? kDirectory : 0);
  }

private:
  // The next part lies from begin_ to end_.
  bool next() {
    begin_ = end_;
    while (text_[begin_] == '/')
      ++begin_;
    end_ = begin_;
    while (text_[end_] != '\0' && text_[end_] != '/')
      ++end_;
    return end_ != begin_;
  }

  // 0: it is there now; 1: it was a link to nothing, and the walk begins anew.
  long part() {
    long at = look(root_, text_, kNoFollow);
    if (at == -ENOENT)
      return make();
    if (at < 0)
      return at;
    long length = raw_call(__NR_readlinkat, number(at), address(""), address(link_), kPathSize);
    close(at);
    if (length < 0) // ENOENT: it is no link
      return 0;
    at = look(root_, text_, 0);
    if (at == -ENOENT)
      return follow(static_cast<std::size_t>(length));
    if (at < 0)
      return at;
    close(at);
    return 0;
  }

  long make() {
    long parent = static_cast<long>(root_);
    if (begin_ != 0) {
      char first = text_[begin_];
      text_[begin_] = '\0';
      parent = look(root_, text_, kDirectory);
      text_[begin_] = first;
    }
    if (parent < 0)
      return parent;
    const char* name = text_ + begin_;
    long made = file_ != 0 && end_ == size_ ? raw_call(__NR_mknodat, number(parent), address(name), file_, 0)
                                            : raw_call(__NR_mkdirat, number(parent), address(name), 0755);
    if (begin_ != 0)
      close(parent);
    return made == -EEXIST ? 0 : made;
  }

  // No link is as long as link_: it has room for the null byte.
  long follow(std::size_t length) {
    if (++links_ > kMaxLinks)
      return -ELOOP;
    link_[length] = '\0';
    char tail[kPathSize];
    std::size_t left = 0;
    for (text_[end_] = '/'; end_ < size_; ++end_) // run() has cut it there
      tail[left++] = text_[end_];
    tail[left] = '\0';
    size_ = link_[0] == '/' ? 0 : begin_;
    end_ = 0;
    long result = append(link_);
    if (result >= 0)
      result = append(tail);
    return result < 0 ? result : 1;
  }

  long append(const char* more) {
    for (; *more != '\0'; ++more) {
      if (size_ + 1 >= kPathSize)
        return -ENAMETOOLONG;
      text_[size_++] = *more;
    }
    text_[size_] = '\0';
    return 0;
  }

  std::uint64_t root_;
  std::uint64_t file_;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  unsigned links_ = 0;
  char text_[kPathSize];
  char link_[kPathSize];
};

} // namespace

long ensure_path(const std::uint64_t* args) {
  Walk walk(args[0], args[2]);
  long result = walk.begin(reinterpret_cast<const char*>(args[1]));
  return result < 0 ? result : walk.run();
}

} // namespace phial::program
