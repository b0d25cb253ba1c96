// phial: the engine's command line.
#include "cli/app.hpp"

#include <vector>

int main(int argc, char** argv, char** environment) {
  std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return phial::cli::run_command_line(words, environment);
}
