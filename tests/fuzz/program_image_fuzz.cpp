// A linked program with its texts as it lies in a state directory, and what is told of it: every printed form.
#include "targets.hpp"

#include "program/check_image.hpp"
#include "program/describe.hpp"
#include "program/link.hpp"
#include "program/print_calls.hpp"
#include "program/print_json.hpp"
#include "program/print_shell.hpp"

#include <cstring>

namespace phial::fuzz {

namespace {

// Inputs outlive the image's version; it is no secret anyway.
std::string stamped(std::string_view bytes) {
  constexpr std::uint32_t kStamp[] = {program::kImageMagic, program::kImageVersion};
  std::string out(bytes);
  if (out.size() >= sizeof kStamp)
    std::memcpy(out.data(), kStamp, sizeof kStamp);
  return out;
}

} // namespace

void program_image(std::string_view bytes) {
  std::string image = stamped(bytes);
  bool runs = program::check_image(image).has_value();
  Result<program::Program> program = program::read_linked(image);
  if (!program)
    return;
  require(runs, "what is read cannot be run");
  static_cast<void>(program::print_calls(*program));
  static_cast<void>(program::print_json(*program));
  static_cast<void>(program::print_shell(*program));
  for (std::size_t i = 0; i < program->steps.size(); ++i)
    static_cast<void>(program::step_number(*program, i));
}

} // namespace phial::fuzz
