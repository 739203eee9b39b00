using System.Collections.ObjectModel;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using KubeVirtClone.Commands;
using KubeVirtClone.Sandbox;
using Box = KubeVirtClone.Sandbox.Sandbox;
using Shell = System.Management.Automation.PowerShell;

namespace KubeVirtClone.PowerShell.Tests.Cmdlets;

/// <summary>PowerShell with the module's cmdlets, in the test's own process, connected to a sandbox of its own.</summary>
internal sealed class HostedShell : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hosted-shell-").FullName;
    private readonly Box _box;
    private readonly Runspace _runspace;

    private HostedShell(Box box)
    {
        _box = box;
        var state = InitialSessionState.CreateDefault();
        state.ImportPSModule([typeof(NewVMCloneCommand).Assembly.Location]);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
    }

    public static async Task<HostedShell> StartAsync()
    {
        var made = new HostedShell(await Box.StartAsync(new SandboxOptions { Pacing = false, ClockFactor = 200 }, default));
        var config = Path.Combine(made._folder, "config");
        await made._box.WriteKubeConfigAsync(config);
        made.Run("Connect-KubeVirt -KubeConfig $args[0] -Namespace default", config).Errors.ShouldBeEmpty();
        return made;
    }

    /// <summary>Runs a script to its end; a terminating error is the last of its errors.</summary>
    public Ran Run(string script, params object[] arguments)
    {
        using var shell = Shell.Create(_runspace);
        shell.AddScript(script);
        foreach (var argument in arguments)
            shell.AddArgument(argument);
        Collection<PSObject> output = [];
        ErrorRecord? terminating = null;
        try
        {
            output = shell.Invoke();
        }
        catch (RuntimeException e)
        {
            terminating = e.ErrorRecord;
        }

        return new(
            [.. output],
            [.. shell.Streams.Error, .. terminating is null ? [] : new[] { terminating }],
            [.. shell.Streams.Warning.Select(w => w.Message)],
            [.. shell.Streams.Verbose.Select(v => v.Message)],
            Terminated: terminating is not null);
    }

    public async ValueTask DisposeAsync()
    {
        _runspace.Dispose();
        await _box.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>What a script wrote to each stream.</summary>
internal sealed record Ran(IReadOnlyList<PSObject> Output, IReadOnlyList<ErrorRecord> Errors, IReadOnlyList<string> Warnings, IReadOnlyList<string> Verbose, bool Terminated)
{
    /// <summary>Ids of the errors, without the cmdlet that wrote them.</summary>
    public IEnumerable<string> ErrorIds => Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]);

    /// <summary>The output as the type it must be of.</summary>
    public IReadOnlyList<T> As<T>() => [.. Output.Select(o => o.BaseObject.ShouldBeOfType<T>())];
}
