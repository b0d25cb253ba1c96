// What verbs share: where the engine's things lie, what flags may look at, and how failures of one object among several
// are told.
#pragma once

#include "cli/container_options.hpp"
#include "cli/verb.hpp"
#include "engine/engine.hpp"
#include "image/store.hpp"

#include <functional>
#include <string>

namespace phial::cli {

// --root and --state, or their defaults: /var/lib/phial and /run/phial for root, XDG's places for a user.
[[nodiscard]] Result<engine::Engine> engine_of(const Call& call);

// The same for what only root can do in this version. Kind::permission.
[[nodiscard]] Result<engine::Engine> engine_as_root(const Call& call);

[[nodiscard]] Result<Surroundings> surroundings_of(const Call& call);

// Prints a failure of one object; the verb goes on with the next.
void report(const Call& call, const Error& error);
void warn(const Call& call, std::string_view sentence);

// Does it for every word; the exit status: 1 if any failed.
[[nodiscard]] int for_each_word(const Call& call, const std::function<Result<>(std::string_view word)>& each);

// An image by name or id; the built-in busybox is unpacked if it is meant.
[[nodiscard]] Result<image::Image> find_image(const engine::Engine& engine, std::string_view what);

// "sha256:abc…" or plain digits to the twelve that people see.
[[nodiscard]] std::string short_id(std::string_view id);

// "2026-11-22 13:49:12 +0000 UTC", as docker's lists have it; nanoseconds since 1970.
[[nodiscard]] std::string list_time(std::int64_t nanoseconds);

// --filter name=value. Kind::usage where there is no = or `known` ("id|name|status") has no such name.
struct Filter {
  std::string_view name;
  std::string_view value;
};
[[nodiscard]] Result<std::vector<Filter>> read_filters(const Arguments& arguments, std::string_view known);

// Whether the filters called `name` (several: any of them) let pass what `matches` says; true without such a filter.
[[nodiscard]] bool any_passes(const std::vector<Filter>& filters, std::string_view name,
                              const std::function<bool(std::string_view value)>& matches);
// The same where all of them must match.
[[nodiscard]] bool all_pass(const std::vector<Filter>& filters, std::string_view name,
                            const std::function<bool(std::string_view value)>& matches);

// A filter "key" or "key=value" against labels.
[[nodiscard]] bool label_matches(const std::vector<std::pair<std::string, std::string>>& labels,
                                 std::string_view wanted);

} // namespace phial::cli
