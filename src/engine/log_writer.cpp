#include "engine/log_writer.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace phial::engine {

namespace {

constexpr int kFlags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW;

std::string rotated(std::uint32_t number) {
  return std::string(kLogName) + (number == 0 ? std::string() : "." + std::to_string(number));
}

} // namespace

Result<> LogWriter::open(int directory, std::uint64_t max_size, std::uint32_t max_files) {
  directory_ = directory;
  max_size_ = max_size;
  max_files_ = max_files == 0 ? 1 : max_files;
  file_ = TRY(open_at(directory, std::string(kLogName), kFlags, 0600));
  off_t end = ::lseek(file_.get(), 0, SEEK_END);
  size_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  // A writer that was killed in mid-line leaves one without an end; it must not swallow our first.
  char last = '\n';
  if (size_ > 0 && ::pread(file_.get(), &last, 1, end - 1) == 1 && last != '\n' && ::write(file_.get(), "\n", 1) == 1)
    ++size_;
  return {};
}

void LogWriter::write(Stream stream, std::string_view bytes, std::int64_t time) {
  if (!file_)
    return;
  auto moment = time_text(time);
  while (!bytes.empty()) {
    bool whole = false;
    std::string_view text = next_log_text(bytes, whole);
    std::size_t length = kLogHeader + text.size() + 1;
    if (used_ + length > sizeof buffer_)
      flush();
    if (max_size_ != 0 && size_ + used_ + length > max_size_ && size_ + used_ > 0) {
      flush();
      rotate();
    }
    char* at = buffer_ + used_;
    std::memcpy(at, moment.data(), moment.size());
    std::memcpy(at + kTimeLength, stream == Stream::output ? " stdout " : " stderr ", 8);
    at[kLogTagPlace] = whole ? 'F' : 'P';
    at[kLogTagPlace + 1] = ' ';
    std::memcpy(at + kLogHeader, text.data(), text.size());
    at[length - 1] = '\n';
    used_ += length;
  }
  flush();
}

void LogWriter::flush() {
  std::size_t done = 0;
  while (done < used_) {
    ssize_t n = ::write(file_.get(), buffer_ + done, used_ - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    done += static_cast<std::size_t>(n);
  }
  if (done == used_)
    size_ += used_;
  else if (done > 0 && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0)
    size_ += done;
  used_ = 0;
}

void LogWriter::rotate() {
  if (max_files_ == 1) {
    if (::ftruncate(file_.get(), 0) == 0)
      size_ = 0;
    return;
  }
  for (std::uint32_t number = max_files_ - 1; number > 0; --number)
    ::renameat(directory_, rotated(number - 1).c_str(), directory_, rotated(number).c_str());
  Result<Fd> next = open_at(directory_, std::string(kLogName), kFlags, 0600);
  if (!next)
    return; // goes on in the old one, whatever its name is now
  file_ = std::move(*next);
  size_ = 0;
}

} // namespace phial::engine
