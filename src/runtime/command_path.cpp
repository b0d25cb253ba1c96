#include "runtime/command_path.hpp"

#include "base/text.hpp"

namespace phial::runtime {

std::string_view variable_of(const std::vector<std::string>& environment, std::string_view name,
                             std::string_view otherwise) {
  for (std::string_view entry : environment)
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=')
      otherwise = entry.substr(name.size() + 1);
  return otherwise;
}

std::string_view search_path(const std::vector<std::string>& environment) {
  return variable_of(environment, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

std::vector<std::string> command_candidates(std::string_view command, std::string_view path) {
  if (command.find('/') != std::string_view::npos)
    return {std::string(command)};
  std::vector<std::string> out;
  for (std::string_view directory : split(path, ':'))
    out.push_back(std::string(directory.empty() ? "." : directory) + "/" + std::string(command));
  return out;
}

} // namespace phial::runtime
