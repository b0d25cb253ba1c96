// Figures: what a container uses, as `events` prints it: the JSON of runc's events of the type "stats", from the texts
// of its cgroups' files in either version. Pure; who reads the files is figure_source.cpp's business.
#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

// Where the texts come from. An empty text is a file that is not there.
class FigureSource {
public:
  FigureSource() = default;
  FigureSource(const FigureSource&) = delete;
  FigureSource& operator=(const FigureSource&) = delete;
  virtual ~FigureSource() = default;

  // Of the hierarchy that holds a controller, named as version 2 does ("io"): 1, 2, or 0 where there is none.
  [[nodiscard]] virtual int version(std::string_view controller) const = 0;
  // A file of the container's cgroup there. The controller "" is the unified hierarchy's core.
  [[nodiscard]] virtual std::string read(std::string_view controller, std::string_view file) const = 0;
  // "2MB", "1GB": as the files of the hugetlb controller are named.
  [[nodiscard]] virtual std::vector<std::string> huge_page_sizes() const = 0;
  // /proc/PID/net/dev, where the container has a network of its own; else empty.
  [[nodiscard]] virtual std::string network_devices() const = 0;
};

// The "data" of an event.
[[nodiscard]] Json figures_json(const FigureSource& source);

// Its parts; each has its own file's words in runc's schema.
[[nodiscard]] Json cpu_figures(const FigureSource& source);
[[nodiscard]] Json cpuset_figures(const FigureSource& source);
[[nodiscard]] Json memory_figures(const FigureSource& source);
[[nodiscard]] Json pids_figures(const FigureSource& source);
[[nodiscard]] Json io_figures(const FigureSource& source);
[[nodiscard]] Json hugetlb_figures(const FigureSource& source);
[[nodiscard]] Json network_figures(std::string_view devices);
// The text of a pressure file; null where it says nothing.
[[nodiscard]] Json pressure_figures(std::string_view text);

} // namespace phial::runtime
