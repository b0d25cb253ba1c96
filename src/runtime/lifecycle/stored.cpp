#include "runtime/lifecycle/stored.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

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

// No digest: it tells damage, not malice, for who can write here is root.
std::uint64_t seal_of(std::string_view bytes) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15U;
  std::uint64_t seal = bytes.size() * kFactor;
  auto add = [&seal](std::uint64_t word) {
    seal = (seal ^ word) * kFactor;
    seal ^= seal >> 29U;
  };
  for (; bytes.size() >= sizeof(std::uint64_t); bytes.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    add(word);
  }
  for (char letter : bytes)
    add(static_cast<unsigned char>(letter));
  return seal;
}

// The second line.
struct Sizes {
  std::uint64_t config = 0;
  std::uint64_t image = 0;
  std::uint64_t record_seal = 0;
  std::uint64_t rest_seal = 0;
};

std::optional<Sizes> parse_sizes(std::string_view line) {
  std::uint64_t numbers[4]{};
  std::vector<std::string_view> words = split(line, ' ');
  if (words.size() != std::size(numbers))
    return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::optional<std::uint64_t> number = parse_uint(words[i]);
    if (!number)
      return std::nullopt;
    numbers[i] = *number;
  }
  return Sizes{numbers[0], numbers[1], numbers[2], numbers[3]};
}

// The two lines and what is behind them; nothing where there are no two, or the first is damaged.
struct Head {
  std::string_view record;
  Sizes sizes;
  std::string_view rest;
};

std::optional<Head> parse_head(std::string_view bytes) {
  Halves record = split_once(bytes, '\n');
  Halves line = split_once(record.second.value_or(""), '\n');
  std::optional<Sizes> sizes = parse_sizes(line.first);
  if (!line.second || !sizes || sizes->record_seal != seal_of(record.first))
    return std::nullopt;
  return Head{record.first, *sizes, *line.second};
}

} // namespace

Result<> write_stored(const std::string& state, std::string_view record, std::string_view config,
                      std::string_view image) {
  std::string head;
  head.reserve(record.size() + config.size() + 96);
  head += record;
  head += "\n" + std::to_string(config.size()) + " " + std::to_string(image.size()) + " " +
          std::to_string(seal_of(record)) + " " + std::to_string(seal_of(config) ^ seal_of(image)) + "\n";
  head += config;
  return write_new_file(path_in(state), {head, image});
}

Result<Stored> parse_stored(std::string bytes, const std::string& path) {
  std::optional<Head> head = parse_head(bytes);
  if (!head || head->sizes.config > head->rest.size() || head->sizes.image != head->rest.size() - head->sizes.config)
    return damaged(path);
  std::string_view config = head->rest.substr(0, head->sizes.config);
  if (head->sizes.rest_seal != (seal_of(config) ^ seal_of(head->rest.substr(config.size()))))
    return damaged(path);
  std::size_t config_at = bytes.size() - head->rest.size();
  std::size_t image_at = config_at + config.size();
  return Stored{std::move(bytes), config_at, image_at};
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
    have += static_cast<std::size_t>(n);
    if (std::optional<Head> head = parse_head(std::string_view(out).substr(0, have)); head) {
      out.resize(head->record.size());
      return out;
    }
    if (n == 0 || out.size() >= kFileLimit)
      return damaged(path_in(state));
    if (have == out.size())
      out.resize(out.size() * 2);
  }
}

} // namespace phial::runtime
