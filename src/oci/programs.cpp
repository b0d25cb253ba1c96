#include "oci/programs.hpp"

#include "base/text.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace phial::oci {

std::optional<std::string> find_program(const commandline::Environment& environment, std::string_view name) {
  constexpr std::string_view kUsual = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (std::string_view directory : split(environment.get("PATH").value_or(kUsual), ':')) {
    std::string path = std::string(directory) + "/" + std::string(name);
    struct stat status{};
    if (directory.starts_with("/") && ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
        ::access(path.c_str(), X_OK) == 0)
      return path;
  }
  return std::nullopt;
}

std::optional<std::string> find_criu(const commandline::Environment& environment) {
  return find_program(environment, "criu");
}

} // namespace phial::oci
