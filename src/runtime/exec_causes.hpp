// The parts of exec_diagnosis: one file that is there (examine), and a command that is not (not_found).
#pragma once

#include "runtime/exec_diagnosis.hpp"

namespace phial::runtime::causes {

inline constexpr std::string_view kCarriageFix =
    "the script has the line ends of Windows: convert it with dos2unix, or with sed -i 's/\\r$//'";

// What the kernel would find wrong with the file that was looked up, nullopt where it finds nothing. `name`: what the
// sentence calls it. A script's interpreter and a program's loader are examined in turn.
[[nodiscard]] std::optional<Diagnosis> examine(const RootView& root, const Attempt& attempt, const Looked& found,
                                               const std::string& name, int depth = 0);

// No candidate of the command is there.
[[nodiscard]] Diagnosis not_found(const RootView& root, const Attempt& attempt);

// What to do where `command` is in no directory of PATH: "did you mean …", or what the image has instead.
[[nodiscard]] std::string nearest_hint(const RootView& root, const Attempt& attempt, std::string_view command);

} // namespace phial::runtime::causes
