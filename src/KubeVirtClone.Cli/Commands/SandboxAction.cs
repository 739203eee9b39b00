using System.Diagnostics;
using System.Net.Sockets;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Cli.Commands;

/// <summary>What <c>sandbox</c> does: runs until a signal, the end of its parent, or (with a parent) the end of stdin.</summary>
internal static class SandboxAction
{
    private static readonly TimeSpan LongestClosing = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(SandboxInvocation invocation, CommandContext context)
    {
        context.Interruption.StopIsSuccess = true;
        context.Interruption.LeaveCtrlCToParent = invocation.ParentPid is not null;
        if (invocation is { SeedFile: "-", ParentPid: not null })
            throw new UsageException("--seed-file -: stdin is what --parent-pid watches; give a file");
        Task<string> stop;
        Sandbox.Sandbox sandbox;
        try
        {
            var options = SandboxOptionsReader.Read(invocation, context.Console.Input);
            stop = UntilToldToStop(invocation, context);
            sandbox = await Sandbox.Sandbox.StartAsync(options, context.Cancelled);
        }
        catch (Exception e) when (e is ArgumentException or SeedException)
        {
            throw new UsageException(e.Message, e);
        }
        catch (Exception e) when (IsPortTaken(e))
        {
            context.Faults.Write(PortTaken(invocation.Port, e));
            return ExitCode.Failure;
        }

        try
        {
            if (!await TryWriteKubeConfigAsync(sandbox, invocation.KubeConfigPath, context))
                return ExitCode.Failure;
            var profile = invocation.Profile ?? new Sandbox.SandboxOptions().Profile;
            await context.Console.Output.WriteLineAsync(
                $"KubeVirt {profile} sandbox is ready at {sandbox.Server} (kubeconfig: {Path.GetFullPath(invocation.KubeConfigPath)})");
            await context.Console.Output.FlushAsync(CancellationToken.None);
            var why = await stop;
            context.WriteLine($"sandbox stopped: {why}; {invocation.KubeConfigPath} is left where it is, and leads nowhere now");
            return ExitCode.Success;
        }
        finally
        {
            // A client that holds its watch open must not keep the port.
            await Task.WhenAny(sandbox.DisposeAsync().AsTask(), Task.Delay(LongestClosing));
        }
    }

    private static async Task<bool> TryWriteKubeConfigAsync(Sandbox.Sandbox sandbox, string path, CommandContext context)
    {
        try
        {
            // Whole or not at all, and never with the wider mode of a file that was there before.
            var unfinished = $"{path}.{Environment.ProcessId}";
            await sandbox.WriteKubeConfigAsync(unfinished);
            File.Move(unfinished, path, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Faults.Write(new Fault
            {
                Id = "KubeConfigNotWritten",
                Category = FaultCategory.InvalidArgument,
                Message = $"the kubeconfig can't be written: {e.Message}",
                RecommendedAction = "Give --kubeconfig a path in a folder that exists and may be written.",
                TargetName = path,
                Exception = e,
            });
            return false;
        }
    }

    private static async Task<string> UntilToldToStop(SandboxInvocation invocation, CommandContext context)
    {
        var signal = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.Cancelled.Register(() => signal.TrySetResult("signal received"));
        var reasons = new List<Task<string>> { signal.Task };
        if (invocation.ParentPid is { } pid)
        {
            reasons.Add(ParentEndedAsync(pid));
            reasons.Add(InputClosedAsync(context.Console.Input));
        }

        return await await Task.WhenAny(reasons);
    }

    private static async Task<string> ParentEndedAsync(int pid)
    {
        try
        {
            using var parent = Process.GetProcessById(pid);
            await parent.WaitForExitAsync();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended already.
        }

        return $"process {pid} has ended";
    }

    private static Task<string> InputClosedAsync(TextReader input) => Task.Run(() =>
    {
        // Blocking reads on a thread of their own: console input has no others that can be trusted.
        var buffer = new char[256];
        while (input.Read(buffer, 0, buffer.Length) > 0)
        {
            // What comes in is of no interest, only its end.
        }

        return "stdin was closed";
    });

    private static bool IsPortTaken(Exception e) =>
        e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } || (e.InnerException is { } inner && IsPortTaken(inner));

    private static Fault PortTaken(int port, Exception e) => new()
    {
        Id = "SandboxPortInUse",
        Category = FaultCategory.ResourceBusy,
        Message = $"port {port} is in use by another program",
        RecommendedAction = "Give another --port, or none for a free one.",
        Exception = e,
    };
}
