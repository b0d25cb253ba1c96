#include "engine/log_reader.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace phial::engine {

void LogPrinter::line(std::string_view text) {
  auto record = parse_log_line(text);
  if (!record)
    return;
  if (record->time < since_)
    return;
  if (until_ != 0 && record->time > until_) {
    past_ = true;
    return;
  }
  last_ = record->stream;
  std::string& out = of(last_);
  bool& inside = inside_[static_cast<int>(last_)];
  if (timestamps_ && !inside) {
    out += text.substr(0, kTimeLength);
    out += ' ';
  }
  out += record->text;
  if (record->whole)
    out += '\n';
  inside = !record->whole;
}

namespace {

constexpr std::size_t kBlock = 65536;

bool ends_a_line(int fd, std::int64_t start) {
  char tag = 'F';
  return ::pread(fd, &tag, 1, start + static_cast<std::int64_t>(kLogTagPlace)) != 1 || tag == 'F';
}

} // namespace

namespace {

// Looks for newlines from the end of a file to its beginning.
class Backward {
public:
  explicit Backward(int fd) : fd_(fd), block_(kBlock) {}

  // The place of the last newline before `before`, -1 where there is none.
  Result<std::int64_t> newline(std::int64_t before) {
    while (before > 0) {
      if (before <= begin_ || before > end_)
        TRY(load(before));
      const void* found = ::memrchr(block_.data(), '\n', static_cast<std::size_t>(before - begin_));
      if (found != nullptr)
        return begin_ + (static_cast<const char*>(found) - block_.data());
      before = begin_;
    }
    return -1;
  }

private:
  Result<> load(std::int64_t end) {
    begin_ = std::max<std::int64_t>(0, end - static_cast<std::int64_t>(kBlock));
    end_ = end;
    if (::pread(fd_, block_.data(), static_cast<std::size_t>(end - begin_), begin_) != end - begin_)
      return fail(Kind::system, "the log became shorter while it was read");
    return {};
  }

  int fd_;
  std::vector<char> block_;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
};

} // namespace

Result<std::int64_t> tail_offset(int fd, std::int64_t size, std::uint64_t& lines) {
  Backward file(fd);
  bool youngest = true; // counts even where it has not ended yet
  for (std::int64_t end = size; end > 0;) {
    std::int64_t begin = TRY(file.newline(end - 1)) + 1;
    if (youngest || ends_a_line(fd, begin)) {
      if (lines == 0)
        return end;
      --lines;
    }
    youngest = false;
    end = begin;
  }
  return 0;
}

namespace {

struct LogFile {
  Fd fd;
  ino_t inode = 0;
  std::int64_t offset = 0;
};

class Reader {
public:
  Reader(std::string directory, const LogQuery& query, int out, int errors)
      : directory_(std::move(directory)), query_(query), printer_(query.timestamps, query.since, query.until),
        out_(out), errors_(errors) {}

  Result<> run(int ended);

private:
  Result<LogFile> open(std::uint32_t number) const;
  Result<> open_all();
  Result<> seek_tail();
  Result<> drain(LogFile& file);
  Result<> drain_all();
  Result<> flush(Stream stream);
  Result<> flush_all();
  Result<> follow(int ended, int watch);

  std::string directory_;
  LogQuery query_;
  LogPrinter printer_;
  int out_;
  int errors_;
  std::vector<LogFile> files_; // oldest first; the last is the one being written
  std::string rest_;           // of a line whose end has not been read
};

Result<LogFile> Reader::open(std::uint32_t number) const {
  std::string path = directory_ + "/" + std::string(kLogName) + (number == 0 ? "" : "." + std::to_string(number));
  LogFile file{TRY(open_at(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW)), 0, 0};
  struct stat status{};
  if (::fstat(file.fd.get(), &status) != 0)
    return fail_call("fstat", path);
  file.inode = status.st_ino;
  return file;
}

// Adds the files younger than those we have. From the youngest down: a rotation meanwhile shows as a file met twice.
Result<> Reader::open_all() {
  std::vector<LogFile> found;
  bool reached = false;
  for (std::uint32_t number = 0; number < std::max(query_.max_files, 2U) && !reached; ++number) {
    Result<LogFile> file = open(number);
    if (!file && file.error().kind == Kind::not_found)
      continue;
    if (!file)
      return std::unexpected(std::move(file).error());
    auto same = [&](const LogFile& other) { return other.inode == file->inode; };
    reached = !files_.empty() && same(files_.back());
    if (!reached && std::ranges::none_of(found, same))
      found.push_back(std::move(*file));
  }
  for (auto it = found.rbegin(); it != found.rend(); ++it)
    files_.push_back(std::move(*it));
  return {};
}

Result<> Reader::seek_tail() {
  std::uint64_t lines = *query_.tail;
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
    off_t size = ::lseek(file->fd.get(), 0, SEEK_END);
    file->offset = size;
    if (lines > 0)
      file->offset = TRY(tail_offset(file->fd.get(), size, lines));
  }
  return {};
}

Result<> Reader::flush(Stream stream) {
  std::string& text = printer_.of(stream);
  int fd = stream == Stream::output ? out_ : errors_;
  if (!text.empty() && fd >= 0)
    TRY(write_all(fd, text));
  text.clear();
  return {};
}

Result<> Reader::flush_all() {
  Stream last = printer_.last();
  TRY(flush(last == Stream::output ? Stream::errors : Stream::output));
  return flush(last);
}

Result<> Reader::drain(LogFile& file) {
  std::vector<char> block(kBlock);
  for (;;) {
    ssize_t n = ::pread(file.fd.get(), block.data(), block.size(), file.offset);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("read", std::string(kLogName));
    if (n == 0)
      return flush_all();
    file.offset += n;
    rest_.append(block.data(), static_cast<std::size_t>(n));
    std::size_t begin = 0;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', begin)) {
      Stream before = printer_.last();
      printer_.line(std::string_view(rest_).substr(begin, end - begin));
      if (printer_.last() != before)
        TRY(flush(before));
      begin = end + 1;
    }
    rest_.erase(0, begin);
    TRY(flush_all());
    if (printer_.past())
      return {};
  }
}

Result<> Reader::drain_all() {
  for (;;) {
    for (LogFile& file : files_)
      TRY(drain(file));
    std::size_t before = files_.size();
    if (before > 1) { // those are finished
      files_.erase(files_.begin(), files_.end() - 1);
      before = 1;
    }
    TRY(open_all());
    if (files_.size() == before)
      return {};
    TRY(drain(files_[0])); // may have grown between its last read and its rotation
  }
}

Result<> Reader::follow(int ended, int watch) {
  char events[4096];
  for (bool last = false; !last && !printer_.past();) {
    int timeout = -1;
    if (query_.until != 0)
      timeout = static_cast<int>(std::clamp<std::int64_t>((query_.until - now()) / 1'000'000 + 1, 0, 3'600'000));
    pollfd wait[2] = {{watch, POLLIN, 0}, {ended, POLLIN, 0}};
    if (::poll(wait, 2, timeout) < 0 && errno != EINTR)
      return fail_call("poll", "");
    while (::read(watch, events, sizeof events) > 0) {
    }
    last = wait[1].revents != 0 || (query_.until != 0 && now() > query_.until);
    TRY(drain_all());
  }
  return {};
}

Result<> Reader::run(int ended) {
  Fd watch;
  if (query_.follow && ended >= 0) {
    watch = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!watch)
      return fail_call("inotify_init1", "");
    if (::inotify_add_watch(watch.get(), directory_.c_str(), IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0)
      return fail_call("inotify_add_watch", directory_);
  }
  TRY(open_all());
  if (query_.tail)
    TRY(seek_tail());
  TRY(drain_all());
  if (watch)
    TRY(follow(ended, watch.get()));
  return {};
}

} // namespace

Result<> read_log(const std::string& directory, const LogQuery& query, int ended, int out, int errors) {
  return Reader(directory, query, out, errors).run(ended);
}

} // namespace phial::engine
