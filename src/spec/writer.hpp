// Writes the structs of types.hpp as documents of the OCI runtime-spec: members in the specification's order, absent
// ones left out, so that reading the result gives the same structs back.
#pragma once

#include "base/json.hpp"
#include "spec/types.hpp"

namespace phial::spec {

[[nodiscard]] Json to_json(const Spec& spec);
[[nodiscard]] Json to_json(const Process& process);
[[nodiscard]] Json to_json(const kernel::Resources& resources);
[[nodiscard]] Json to_json(const kernel::SeccompProfile& profile);

} // namespace phial::spec
