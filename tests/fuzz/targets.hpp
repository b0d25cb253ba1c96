// The fuzz targets: functions that take any bytes. Each calls one reader of hostile input and what stands behind it,
// and holds the result against what is always true of it. main.cpp makes a fuzzer of one, the unit tests replay the
// corpora.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace phial::fuzz {

using Target = void (*)(std::string_view bytes);
// For formats with check sums: changes bytes in place as libFuzzer's custom mutators do.
[[nodiscard]] std::size_t mutate_tar(std::uint8_t* bytes, std::size_t size, std::size_t room, unsigned seed);
[[nodiscard]] std::size_t mutate_layer(std::uint8_t* bytes, std::size_t size, std::size_t room, unsigned seed);

void command_line(std::string_view bytes);
void compressed(std::string_view bytes);
void config_json(std::string_view bytes);
void elf(std::string_view bytes);
void engine_files(std::string_view bytes);
void format_template(std::string_view bytes);
void image_documents(std::string_view bytes);
void interpreter(std::string_view bytes);
void journal(std::string_view bytes);
void json(std::string_view bytes);
void layer(std::string_view bytes);
void proc_files(std::string_view bytes);
void program_image(std::string_view bytes);
void reference(std::string_view bytes);
void seccomp_profile(std::string_view bytes);
void stored(std::string_view bytes);
void tar_archive(std::string_view bytes);
void users(std::string_view bytes);
void values(std::string_view bytes);

// Something that always holds did not: ends the fuzzer, fails the unit test.
void broken(std::string_view what);
inline void require(bool holds, std::string_view what) {
  if (!holds)
    broken(what);
}

// Takes things off the front of the input; what is no longer there is zero or empty.
class Input {
public:
  explicit Input(std::string_view bytes) : left_(bytes) {}

  std::uint8_t byte() {
    if (left_.empty())
      return 0;
    auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  std::uint64_t number(unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i)
      value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  // Up to the next of that character, which is left out.
  std::string_view part(char end = '\0') {
    std::size_t at = left_.find(end);
    std::string_view out = left_.substr(0, at);
    left_.remove_prefix(at == std::string_view::npos ? left_.size() : at + 1);
    return out;
  }
  [[nodiscard]] std::string_view rest() const { return left_; }
  [[nodiscard]] bool empty() const { return left_.empty(); }

private:
  std::string_view left_;
};

} // namespace phial::fuzz
