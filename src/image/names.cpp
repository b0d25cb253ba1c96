// The pure half of unpacking: what a name in a layer's tar means.
#include "image/unpack.hpp"

#include "base/text.hpp"

namespace phial::image {

namespace {

std::unexpected<Error> refuse(std::string_view name, const std::string& why) {
  return fail(Kind::input, "the layer's entry \"" + std::string(name.substr(0, 200)) + "\" " + why);
}

} // namespace

Result<std::string> clean_name(std::string_view name, const UnpackLimits& limits) {
  std::string out;
  std::size_t depth = 0;
  if (name.size() > limits.path * 2)
    return refuse(name, "has a path of " + std::to_string(name.size()) + " bytes");
  for (std::string_view part : split(name, '/')) {
    if (part.empty() || part == ".")
      continue;
    if (part == "..")
      return refuse(name, "has \"..\" in its path");
    if (part.size() > 255)
      return refuse(name, "has a name of more than 255 bytes");
    if (++depth > limits.depth)
      return refuse(name, "is more than " + std::to_string(limits.depth) + " directories deep");
    if (!out.empty())
      out += '/';
    out += part;
  }
  if (out.size() > limits.path)
    return refuse(name, "has a path of " + std::to_string(out.size()) + " bytes");
  return out;
}

Result<WhiteoutName> whiteout_of(std::string_view clean) {
  constexpr std::string_view kPrefix = ".wh.";
  constexpr std::string_view kAufs = ".wh..wh.";
  if (clean.find(kPrefix) == std::string_view::npos)
    return WhiteoutName{};
  std::vector<std::string_view> parts = split(clean, '/');
  for (const std::string_view& part : parts) {
    bool last = &part == &parts.back();
    if (last && part == ".wh..wh..opq")
      return WhiteoutName{Whiteout::opaque, ""};
    if (part.starts_with(kAufs)) // aufs's own book-keeping, and what lies in it
      return WhiteoutName{Whiteout::ignored, ""};
    if (!part.starts_with(kPrefix))
      continue;
    std::string_view hides = part.substr(kPrefix.size());
    if (!last)
      return refuse(clean, "lies below a whiteout");
    if (hides.empty() || hides == "." || hides == "..")
      return refuse(clean, "is a whiteout of nothing that can be hidden");
    return WhiteoutName{Whiteout::name, std::string(hides)};
  }
  return WhiteoutName{};
}

} // namespace phial::image
