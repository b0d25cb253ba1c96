#include "commandline/libexec.hpp"

#include "base/file.hpp"

namespace phial::commandline {

std::string libexec_directory() {
  Result<std::string> self = read_link("/proc/self/exe");
  std::string folder = self ? self->substr(0, self->rfind('/')) : std::string();
  for (const std::string& place : {folder + "/libexec/phial", folder + "/../libexec/phial"})
    if (!folder.empty() && exists(place))
      return place;
  return "/usr/libexec/phial";
}

} // namespace phial::commandline
