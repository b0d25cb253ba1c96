#include "runtime/lifecycle/stored.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

// What a record has is seldom more.
constexpr std::size_t kFirstRead = 4096;

std::unexpected<Error> damaged(const std::string& path) {
  return fail(Kind::input, path + " is damaged", "`delete --force` removes what is left of the container");
}

std::string path_in(const std::string& state) {
  return state + "/container";
}

} // namespace

Result<> write_stored(const std::string& state, std::string_view record, std::string_view config,
                      std::string_view image) {
  Fd file = TRY(open_at(AT_FDCWD, path_in(state), O_WRONLY | O_CREAT | O_EXCL, 0600));
  std::string head;
  head.reserve(record.size() + config.size() + 32);
  head += record;
  head += "\n" + std::to_string(config.size()) + " " + std::to_string(image.size()) + "\n";
  head += config;
  TRY(write_all(file.get(), head));
  return write_all(file.get(), image);
}

Result<Stored> parse_stored(std::string bytes, const std::string& path) {
  Halves record = split_once(bytes, '\n');
  if (!record.second)
    return damaged(path);
  Halves sizes = split_once(*record.second, '\n');
  Halves numbers = split_once(sizes.first, ' ');
  std::optional<std::uint64_t> config = parse_uint(numbers.first);
  std::optional<std::uint64_t> image = parse_uint(numbers.second.value_or(""));
  std::string_view rest = sizes.second.value_or("");
  if (!config || !image || *config > rest.size() || *image != rest.size() - *config)
    return damaged(path);
  std::size_t config_at = bytes.size() - rest.size();
  return Stored{std::move(bytes), config_at, config_at + *config};
}

Result<Stored> read_stored(const std::string& state) {
  return parse_stored(TRY(read_file(path_in(state))), path_in(state));
}

Result<std::string> read_stored_record(const std::string& state) {
  Fd file = TRY(open_at(AT_FDCWD, path_in(state), O_RDONLY));
  std::string out(kFirstRead, '\0');
  for (std::size_t have = 0;;) {
    ssize_t n = ::read(file.get(), out.data() + have, out.size() - have);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("read", path_in(state));
    std::size_t end = std::string_view(out.data() + have, static_cast<std::size_t>(n)).find('\n');
    if (end != std::string_view::npos) {
      out.resize(have + end);
      return out;
    }
    if (n == 0 || out.size() >= kFileLimit)
      return damaged(path_in(state));
    have += static_cast<std::size_t>(n);
    if (have == out.size())
      out.resize(out.size() * 2);
  }
}

} // namespace phial::runtime
