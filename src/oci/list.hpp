// The containers below --root as list prints them. Pure.
#pragma once

#include "base/json.hpp"
#include "runtime/lifecycle/container.hpp"

#include <span>
#include <string>

namespace phial::oci {

// Go's RFC3339Nano: "2026-11-22T15:49:03.12Z", without the zeros at the end of the fraction.
[[nodiscard]] std::string go_time(std::int64_t nanoseconds);

// ID PID STATUS BUNDLE CREATED OWNER
[[nodiscard]] std::string list_table(std::span<const runtime::Container> containers);

// An array of states with rootfs, created and owner; null where there is none, as runc has it.
[[nodiscard]] Json list_json(std::span<const runtime::Container> containers);

} // namespace phial::oci
