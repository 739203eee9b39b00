using System.CommandLine;

namespace KubeVirtClone.Cli.Commands;

/// <summary><c>image new|get|copy|remove</c>: golden images.</summary>
internal sealed class ImageCommand
{
    public Command Build(GlobalOptions globals, CommandRunner runner)
    {
        var command = new Command("image", "Make, list, copy and remove golden images: snapshots that are kept to make VMs of");
        command.Aliases.Add("images");
        command.SetAction(parsed => HelpText.Write(parsed, parsed.InvocationConfiguration.Output));
        command.Subcommands.Add(BuildNew(globals, runner));
        command.Subcommands.Add(BuildGet(globals, runner));
        command.Subcommands.Add(BuildCopy(globals, runner));
        command.Subcommands.Add(BuildRemove(globals, runner));
        return command;
    }

    private static Command BuildNew(GlobalOptions globals, CommandRunner runner)
    {
        var source = SharedOptions.Name("vm", "The VM to make it of.");
        var name = SharedOptions.Name("name", "NAME or NAME:VERSION of the image. Without VERSION it is counted up: 1, 2, 3 …");
        var description = new Option<string?>("--description") { Description = "What it is, in words.", HelpName = "TEXT" };
        var stop = new Option<bool>("--stop-source") { Description = "Stop the VM first: what runs gives an image as after a power cut, or as its guest agent freezes it." };
        var keep = new Option<bool>("--keep-stopped") { Description = "Leave a VM stopped that --stop-source has stopped; else it runs again when the image is made." };
        var remove = new Option<bool>("--remove-source") { Description = "Remove the VM once the image is ready and every disk is in it." };
        var grace = SharedOptions.Duration("--grace-period", "Time the guest gets to shut down. Without it: what the VM says.");
        var timeout = SharedOptions.Timeout("Longest wait for each step, as 90s or 5m. Without it: the snapshot's own deadline.");
        var deadline = SharedOptions.Duration("--failure-deadline", "Longest time the snapshot may take. Without it: 30m.");
        var output = SharedOptions.Output();
        var command = new Command("new", "Make a golden image of a VM; anything that fails on the way leaves the VM as it was")
        {
            source, name, description, stop, keep, remove, grace, timeout, deadline, output,
        };
        command.Aliases.Add("create");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context =>
        {
            var image = ImageReference.Parse(parsed.GetValue(name)!);
            var request = new GoldenImageRequest
            {
                Namespace = "",
                SourceName = Input.NameReader.MachineName(parsed.GetValue(source)!),
                Name = image.Name,
                Version = image.Version,
                Description = parsed.GetValue(description),
                StopSource = parsed.GetValue(stop),
                KeepStopped = parsed.GetValue(keep),
                RemoveSource = parsed.GetValue(remove),
                GracePeriod = parsed.GetValue(grace),
                Timeout = parsed.GetValue(timeout),
                FailureDeadline = parsed.GetValue(deadline),
            };
            return ImageAction.NewAsync(request, parsed.GetValue(output), context);
        }));
        return command;
    }

    private static Command BuildGet(GlobalOptions globals, CommandRunner runner)
    {
        var names = SharedOptions.Names("name", "NAME or NAME:VERSION of images; * and ? are wildcards. Without any: all.");
        var selector = SharedOptions.Selector("images");
        var fields = SharedOptions.FieldSelector();
        var allNamespaces = SharedOptions.AllNamespaces();
        var output = SharedOptions.Output();
        var command = new Command("get", "List golden images, the newest version first, with the VMs made of each") { names, selector, fields, allNamespaces, output };
        command.Aliases.Add("list");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => ImageAction.GetAsync(
            new CloneSelection(parsed.GetValue(names) ?? [], Batch: null, parsed.GetValue(selector), parsed.GetValue(allNamespaces)) { FieldSelector = parsed.GetValue(fields) },
            parsed.GetValue(output),
            context)));
        return command;
    }

    private static Command BuildCopy(GlobalOptions globals, CommandRunner runner)
    {
        var name = SharedOptions.Name("name", "NAME or NAME:VERSION of the image. Without VERSION: the newest that is ready.");
        var destinations = SharedOptions.Names("destination", "Namespaces it is to be in.", ArgumentArity.OneOrMore);
        var storageClass = new Option<string?>("--storage-class") { Description = "Storage class for the copy's disks. Without it each keeps its own.", HelpName = "CLASS" };
        var secrets = new Option<bool>("--copy-secrets") { Description = "Also copy the Secrets and ConfigMaps its VM names, where there is none of that name. None is overwritten." };
        var handOver = new Option<bool>("--hand-over") { Description = "Hand over the storage driver's snapshots by their handles: for who administers the cluster. CDI has no part in it." };
        var timeout = SharedOptions.Timeout("Longest wait for each step, as 90s or 5m. Without it: as long as there is progress.");
        var dryRun = SharedOptions.ServerDryRun();
        var output = SharedOptions.Output();
        var command = new Command("copy", "Publish a golden image in other namespaces: its disks are transferred once for each") { name, destinations, storageClass, secrets, handOver, timeout, dryRun, output };
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context =>
        {
            var image = ImageReference.Parse(parsed.GetValue(name)!);
            var request = new GoldenImageCopyRequest
            {
                Namespace = "",
                Name = image.Name,
                Version = image.Version,
                Destinations = [.. parsed.GetValue(destinations)!.Distinct(StringComparer.Ordinal)],
                StorageClass = parsed.GetValue(storageClass),
                CopySecrets = parsed.GetValue(secrets),
                HandOver = parsed.GetValue(handOver),
                DryRun = parsed.GetValue(dryRun) == DryRunMode.Server,
                Timeout = parsed.GetValue(timeout),
            };
            return ImageAction.CopyAsync(request, parsed.GetValue(output), context);
        }));
        return command;
    }

    private static Command BuildRemove(GlobalOptions globals, CommandRunner runner)
    {
        var names = SharedOptions.Names("name", "NAME (every version) or NAME:VERSION of images; * and ? are wildcards; '-' reads them from stdin.");
        var selector = SharedOptions.Selector("images");
        var all = new Option<bool>("--all") { Description = "All images of the namespace." };
        var keep = SharedOptions.WholeNumber("--keep-version", "Keep the newest N ready versions of each image, and remove those before.", 1, 10_000);
        var force = new Option<bool>("--force") { Description = "Remove them whatever still needs them: volumes that are not bound yet can then never be filled." };
        var copies = new Option<bool>("--include-copies") { Description = "Also remove their copies in other namespaces, which else stay and are named." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Don't ask." };
        var output = SharedOptions.Output();
        var command = new Command("remove", "Remove golden images that no unbound volume needs any more") { names, selector, all, keep, force, copies, yes, output };
        command.Aliases.Add("delete");
        command.SetAction(parsed => runner.RunAsync(parsed, globals, context => ImageAction.RemoveAsync(
            new CloneSelection(parsed.GetValue(names) ?? [], Batch: null, parsed.GetValue(selector), AllNamespaces: false),
            parsed.GetValue(keep),
            parsed.GetValue(copies),
            new RemovalWords(parsed.GetValue(all), parsed.GetValue(force), parsed.GetValue(yes)),
            parsed.GetValue(output),
            context)));
        return command;
    }
}

/// <summary>An image as typed: NAME, NAME:VERSION, or image/NAME:VERSION as -o name prints it.</summary>
/// <param name="Name">Its name, wildcards where they are allowed.</param>
/// <param name="Version">Its version, if given.</param>
internal readonly record struct ImageReference(string Name, string? Version)
{
    /// <exception cref="UsageException">There is no name, or no version after ':'.</exception>
    public static ImageReference Parse(string text)
    {
        var bare = text.StartsWith("image/", StringComparison.Ordinal) ? text["image/".Length..] : text;
        var colon = bare.IndexOf(':', StringComparison.Ordinal);
        var reference = colon < 0 ? new ImageReference(bare, null) : new ImageReference(bare[..colon], bare[(colon + 1)..]);
        return reference.Name.Length == 0 || reference.Version is "" || bare.Contains('/', StringComparison.Ordinal)
            ? throw new UsageException($"'{text}' does not name an image: write NAME or NAME:VERSION")
            : reference;
    }
}
