using KubeVirtClone.Build.Packaging;

namespace KubeVirtClone.Build;

/// <summary>The one build program behind <c>build.sh</c> and <c>build.ps1</c>.</summary>
internal static class Program
{
    private const string Usage = """
        Usage: build.sh [task]

          build     compile everything, lay out the module and kubectl-vmclone under output/   (default)
          test      build, then run every test suite; the last line is "N passed, N failed, N skipped".
                    Names after it run the suites that have one of them in theirs; with --strict a missing tool fails the run.
          coverage  build, then run the unit suites and print by project which part of the lines they reach
          demo      build, then clone VMs on the local sandbox and show the result
          bench     build, then run the benchmarks; `bench compare` measures every way to make clones side by side and draws a chart
          soak      clone under faults and kills for some minutes (5) by a seed, and print what was lost, made twice, left, hung or unexplained
          docs      regenerate the module's help file from docs/help (needs a PowerShell with platyPS)
          package   compile what users run, then pack the module and kubectl-vmclone under output/package;
                    platforms after it (linux-x64 ...) limit the archives to these
          clean     remove output/
        """;

    private static int Main(string[] args)
    {
        var task = args.Length == 0 ? "build" : args[0];
        var repository = new Repository(FindRoot());
        try
        {
            switch (task)
            {
                case "build": repository.BuildAll(); return 0;
                case "test": return new TestRun(repository).Run(args.AsSpan(1));
                case "coverage": return new TestRun(repository).Run(args.AsSpan(1), withCoverage: true);
                case "demo": return new DemoRun(repository).Run();
                case "bench": return repository.Bench(args.AsSpan(1));
                case "soak": return new SoakRun(repository).Run(args.AsSpan(1));
                case "docs": return new HelpBuild(repository).Run();
                case "package":
                    repository.BuildProduct();
                    new PackageRun(repository).Run(args.Length > 1 ? args[1..] : PackageRun.Platforms);
                    return 0;
                case "clean": repository.Clean(); return 0;
                default: Console.Error.WriteLine(Usage); return task is "help" or "-h" or "--help" ? 0 : 2;
            }
        }
        catch (BuildFailedException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return 1;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "KubeVirtClone.sln"))) return folder.FullName;
        }

        throw new BuildFailedException("KubeVirtClone.sln was not found above the build program.");
    }
}

/// <summary>A step failed; the message says which, and its own output has already been printed.</summary>
internal sealed class BuildFailedException(string message) : Exception(message);
