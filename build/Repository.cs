using System.Xml.Linq;
using KubeVirtClone.Build.Packaging;

namespace KubeVirtClone.Build;

/// <summary>The checkout: where things are, and the steps that several tasks share.</summary>
internal sealed class Repository(string root)
{
    public const string Configuration = "Release";

    /// <summary>Where the project and its releases are published.</summary>
    public const string Home = "https://github.com/KubeVirtClone/KubeVirtClone";

    /// <summary>What compiling <c>kubectl-vmclone</c> as a whole was seen to take, 1.7 GB, and room for what else runs, in bytes.</summary>
    private const long NativeMemory = 3L << 30;

    public string Root { get; } = root;

    public string Output => Path.Combine(Root, "output");

    public string Version { get; } = XDocument.Load(Path.Combine(root, "Directory.Build.props"))
        .Descendants("VersionPrefix").Single().Value;

    /// <summary>The module as users install it.</summary>
    public string Module => Path.Combine(Output, "KubeVirtClone", Version);

    public string ModuleManifest => Path.Combine(Module, "KubeVirtClone.psd1");

    /// <summary>The folder with <c>kubectl-vmclone</c>; on PATH it makes <c>kubectl vmclone</c> work.</summary>
    public string CliFolder => Path.Combine(Output, "bin");

    public string Cli => Path.Combine(CliFolder, OperatingSystem.IsWindows() ? "kubectl-vmclone.exe" : "kubectl-vmclone");

    public string CliProject => In("src", "KubeVirtClone.Cli", "KubeVirtClone.Cli.csproj");

    /// <summary>The packages restored for <c>kubectl-vmclone</c>.</summary>
    public string CliAssets => In("src", "KubeVirtClone.Cli", "obj", "project.assets.json");

    /// <summary>The notices of what <c>kubectl-vmclone</c> is made with, but for the .NET runtime.</summary>
    public string CliNotices => Path.Combine(Output, "notices", ThirdPartyNotices.FileName);

    public string TestResults => Path.Combine(Output, "TestResults");

    public string In(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    /// <summary>Compiles everything with all checks, and lays out what users run.</summary>
    public void BuildAll()
    {
        Step.DotNet(Root, "build", "KubeVirtClone.sln", "-c", Configuration, "-v", "quiet", "-nologo");
        LayOut("--no-build", compileAhead: true);
    }

    /// <summary>Compiles only what users run, without the analyzers that guard changes: quicker on a fresh checkout.</summary>
    public void BuildProduct() => LayOut("-p:RunAnalyzers=false", compileAhead: false);

    /// <summary>
    /// Restores <c>kubectl-vmclone</c> for a platform, with the compiler that makes it start sooner; false, and a word on it, where that cannot be had.
    /// </summary>
    public bool RestoreAhead(string platform, params ReadOnlySpan<string> options)
    {
        if (TryRestore([CompiledAheadFor(platform), .. options])) return true;
        Console.WriteLine($"kubectl-vmclone is not compiled ahead for {platform} and starts slower: the package microsoft.netcore.app.crossgen2 could not be restored.");
        return false;
    }

    /// <summary>Restores <c>kubectl-vmclone</c> with what makes machine code of it as a whole; false, and a word on it, where that cannot be had.</summary>
    private bool RestoreNative(string platform)
    {
        var missing = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes < NativeMemory ? "that takes 3 GB of memory"
            : !NativeLinker.IsHere(Output) ? "no clang or gcc that links a program was found"
            : !TryRestore(NativeFor(platform)) ? "the package Microsoft.DotNet.ILCompiler could not be restored"
            : null;
        if (missing is null) return true;
        Console.WriteLine($"kubectl-vmclone is compiled in part only, and starts slower: {missing}.");
        return false;
    }

    private bool TryRestore(params ReadOnlySpan<string> options) =>
        Step.Capture(Root, "dotnet", ["restore", CliProject, .. options, "-v", "quiet", "-nologo"]) is { ExitCode: 0 };

    private static string NativeFor(string platform) => "-p:NativeFor=" + platform;

    /// <summary>What restoring and publishing <c>kubectl-vmclone</c> take to compile it ahead.</summary>
    public static string CompiledAheadFor(string platform) => "-p:CompiledAheadFor=" + platform;

    private void LayOut(string option, bool compileAhead)
    {
        Clear(Module);
        Step.DotNet(Root, "publish", "src/KubeVirtClone.PowerShell", "-c", Configuration, option, "-o", Module, "-v", "quiet", "-nologo");
        Clear(CliFolder);
        // It is compiled once more, which is quick, because the program for one platform has a folder of its own.
        string[] how = [option];
        string? native = null;
        if (compileAhead && PackageRun.ThisPlatform is { } platform)
        {
            if (OperatingSystem.IsLinux() && RestoreNative(platform)) how = [NativeFor(native = platform), "--no-restore", "-p:RunAnalyzers=false"];
            else if (RestoreAhead(platform)) how = [CompiledAheadFor(platform), "--no-restore", "-p:RunAnalyzers=false"];
            // What failed leaves behind that a package is missing, and nothing could be published from that.
            else Step.DotNet(Root, "restore", CliProject, "-v", "quiet", "-nologo");
        }

        Step.DotNet(Root, ["publish", CliProject, "-c", Configuration, .. how, "-o", CliFolder, "-v", "quiet", "-nologo"]);
        var notices = new ThirdPartyNotices(this);
        File.WriteAllText(Path.Combine(Module, ThirdPartyNotices.FileName), notices.Of(Module, In("src", "KubeVirtClone.PowerShell", "obj", "project.assets.json"), CliAssets));
        var ofCli = notices.Of(CliFolder, CliAssets);
        Directory.CreateDirectory(Path.GetDirectoryName(CliNotices)!);
        File.WriteAllText(CliNotices, ofCli);
        File.WriteAllText(Path.Combine(CliFolder, ThirdPartyNotices.FileName), native is null ? ofCli : ofCli + ThirdPartyNotices.OfRuntime(CliAssets, native));
        Console.WriteLine($"Built {Path.GetRelativePath(Root, Module)} and {Path.GetRelativePath(Root, Cli)}");
    }

    public int Bench(ReadOnlySpan<string> args)
    {
        BuildAll();
        return Step.Run(Root, "dotnet", ["run", "-c", Configuration, "--project", "bench/KubeVirtClone.Bench", "--", .. args]);
    }

    public void Clean()
    {
        if (Directory.Exists(Output)) Directory.Delete(Output, recursive: true);
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
