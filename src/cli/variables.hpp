// -e, --env-file, --label-file: variables and the files they come from. Pure; errors as in values.hpp.
#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::cli {

// What a name has in the caller's environment.
using LookUp = std::optional<std::string_view> (*)(const void* context, std::string_view name);

struct Lookup {
  LookUp function = nullptr;
  const void* context = nullptr;
  [[nodiscard]] std::optional<std::string_view> operator()(std::string_view name) const {
    return function == nullptr ? std::nullopt : function(context, name);
  }
};

// "NAME=value"; "NAME" takes the caller's value, or stays "NAME": the image's is taken away.
[[nodiscard]] Result<std::string> parse_variable(std::string_view text, const Lookup& lookup);

// Docker's file of variables: a line each, # comments, no quoting; NAME alone takes the caller's value, or is left out
// where there is none. Errors carry the position "file:line".
[[nodiscard]] Result<std::vector<std::string>> parse_variable_file(std::string_view text, std::string_view file,
                                                                   const Lookup& lookup);

} // namespace phial::cli
