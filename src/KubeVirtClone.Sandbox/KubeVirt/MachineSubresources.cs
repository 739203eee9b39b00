namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>start, stop and restart of <c>subresources.kubevirt.io</c>: a running state changes by spec or by a request in the status.</summary>
internal sealed class MachineSubresources(ApiMachinery api)
{
    private readonly ResourceType _machines = api.Type("kubevirt.io", "virtualmachines");
    private readonly ResourceType _instances = api.Type("kubevirt.io", "virtualmachineinstances");

    /// <summary>Does it, or throws what the client is answered; success is 202 without a body.</summary>
    public void Invoke(string @namespace, string name, string verb, JsonObject? options, RequestInfo who)
    {
        var machine = api.Get(_machines, @namespace, name) ?? throw NotFound(name);
        var instance = api.Get(_instances, @namespace, name);
        var dry = options.ArrayAt("dryRun").Texts().Contains("All");
        var strategy = VirtualMachines.RunStrategy(machine);
        switch (verb)
        {
            case "start":
                Start(machine, instance, strategy, options, dry, who);
                break;
            case "stop":
                Stop(machine, instance, strategy, options, dry, who);
                break;
            case "restart":
                if (strategy is "Halted" or "Once")
                    throw Conflict(name, strategy + " does not support manual restart requests");
                if (instance is null || IsFinal(instance))
                    throw Conflict(name, "VM is not running: " + strategy);
                if (!dry)
                    Request(machine, who, new JsonObject { ["action"] = "Stop", ["uid"] = instance.Uid() }, new JsonObject { ["action"] = "Start" });
                break;
            default:
                throw new ApiException(404, "NotFound", "the server could not find the requested resource");
        }
    }

    private static bool IsFinal(JsonObject instance) => instance.TextAt("status", "phase") is "Succeeded" or "Failed";

    private void Start(JsonObject machine, JsonObject? instance, string strategy, JsonObject? options, bool dry, RequestInfo who)
    {
        var name = machine.Name();
        if (instance is not null && !IsFinal(instance) && !instance.IsDeleting())
            throw Conflict(name, "VM is already running");
        switch (strategy)
        {
            case "Halted" when options.FlagAt("paused") is true:
            case "Manual" or "RerunOnFailure":
                if (!dry)
                    Request(machine, who, StartRequest(options.FlagAt("paused") is true));
                break;
            case "Halted":
                SetRunning(machine, true, dry, who);
                break;
            default:
                throw Conflict(name, strategy + " does not support manual start requests");
        }
    }

    private static JsonObject StartRequest(bool paused)
    {
        var request = new JsonObject { ["action"] = "Start" };
        if (paused)
            request["data"] = new JsonObject { ["paused"] = "true" };
        return request;
    }

    private void Stop(JsonObject machine, JsonObject? instance, string strategy, JsonObject? options, bool dry, RequestInfo who)
    {
        var there = instance is not null && !IsFinal(instance);
        if (!there && strategy is "Halted" or "Manual" or "RerunOnFailure" && !there)
            throw Conflict(machine.Name(), "VM is not running");
        if (strategy == "Halted" && options.At("gracePeriod") is null)
            throw Conflict(machine.Name(), "Halted only supports manual stop requests with a shorter graceperiod");
        if (strategy is "Always" or "Once")
            SetRunning(machine, false, dry, who);
        else if (!dry)
            Request(machine, who, new JsonObject { ["action"] = "Stop", ["uid"] = instance!.Uid() });
    }

    private void SetRunning(JsonObject machine, bool run, bool dry, RequestInfo who)
    {
        try
        {
            Change(machine, who with { DryRun = dry }, null, copy =>
            {
                if (copy.At("spec", "running") is not null)
                    copy.Ensure("spec")["running"] = run;
                else
                    copy.Ensure("spec")["runStrategy"] = run ? "Always" : "Halted";
            });
        }
        catch (ApiException e) when (e.Code == 422)
        {
            // virt-api could not write the VM: its own failure to the client.
            throw ApiException.InternalError(e.Message);
        }
    }

    private void Request(JsonObject machine, RequestInfo who, params ReadOnlySpan<JsonObject> requests)
    {
        var list = new JsonArray();
        foreach (var request in requests)
            list.Add((JsonNode)request);
        Change(machine, who, "status", copy => copy.Ensure("status")["stateChangeRequests"] = list.DeepClone());
    }

    // virt-api sends a patch of just this field; that the VM changed elsewhere meanwhile does not matter to it.
    private void Change(JsonObject machine, RequestInfo who, string? subresource, Action<JsonObject> change)
    {
        for (var tries = 0; ; tries++)
        {
            var copy = machine.Copy();
            change(copy);
            try
            {
                api.Update(_machines, machine.Namespace(), machine.Name(), copy, who, subresource);
                return;
            }
            catch (ApiException e) when (e.Code == 409 && tries < 10)
            {
                machine = api.Get(_machines, machine.Namespace(), machine.Name()) ?? throw NotFound(machine.Name());
            }
        }
    }

    private static JsonObject Details(string name) => new() { ["name"] = name, ["group"] = "kubevirt.io", ["kind"] = "virtualmachine" };

    private static ApiException NotFound(string name) => new(404, "NotFound", $"virtualmachine.kubevirt.io {GoText.Quote(name)} not found", Details(name));

    private static ApiException Conflict(string name, string why) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on virtualmachine.kubevirt.io {GoText.Quote(name)}: {why}", Details(name));
}
