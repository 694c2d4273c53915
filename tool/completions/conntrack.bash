# bash completion for conntrack(8), made from the tool's option table; do not edit (tool/src/show/completion.rs).
_conntrack()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local options='-L --dump -G --get -D --delete -I --create -A --add -U --update -E --event -F --flush -C --counter -S --stats --diagnose --top --check --metrics -V --version -h --help -s --src --orig-src -d --dst --orig-dst -r --reply-src -q --reply-dst -p --protonum -t --timeout -u --status -z --zero -e --event-mask --tuple-src --tuple-dst --mask-src --mask-dst -a --nat-range -m --mark -i --id -f --family -n --src-nat -g --dst-nat -o --output -c --secmark -b --buffer-size -j --any-nat -w --zone -l --label --label-add --label-del --orig-zone --reply-zone -M --labelmap --resync --reliable --remaining --interval --watch --by --show --netns --all-netns --dry-run --ignore-missing' states='' words='' list='' protocol='' i
    COMPREPLY=()
    for ((i = 1; i + 1 < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == @(-p|--protonum) ]] && protocol=${COMP_WORDS[i+1]}
    done
    case $protocol in
        tcp) options+=' --sport --orig-port-src --dport --orig-port-dst --reply-port-src --reply-port-dst --mask-port-src --mask-port-dst --state --tuple-port-src --tuple-port-dst' states='NONE SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT CLOSE_WAIT LAST_ACK TIME_WAIT CLOSE SYN_SENT2 LISTEN' ;;
        udp) options+=' --sport --orig-port-src --dport --orig-port-dst --reply-port-src --reply-port-dst --mask-port-src --mask-port-dst --tuple-port-src --tuple-port-dst' states='' ;;
        udplite) options+=' --sport --orig-port-src --dport --orig-port-dst --reply-port-src --reply-port-dst --mask-port-src --mask-port-dst --tuple-port-src --tuple-port-dst' states='' ;;
        sctp) options+=' --sport --orig-port-src --dport --orig-port-dst --reply-port-src --reply-port-dst --mask-port-src --mask-port-dst --state --tuple-port-src --tuple-port-dst --orig-vtag --reply-vtag' states='NONE CLOSED COOKIE_WAIT COOKIE_ECHOED ESTABLISHED SHUTDOWN_SENT SHUTDOWN_RECD SHUTDOWN_ACK_SENT HEARTBEAT_SENT HEARTBEAT_ACKED' ;;
        dccp) options+=' --sport --orig-port-src --dport --orig-port-dst --reply-port-src --reply-port-dst --mask-port-src --mask-port-dst --state --tuple-port-src --tuple-port-dst --role' states='NONE REQUEST RESPOND PARTOPEN OPEN CLOSEREQ CLOSING TIMEWAIT IGNORE INVALID' ;;
        icmp) options+=' --icmp-type --icmp-code --icmp-id' states='' ;;
        icmpv6) options+=' --icmpv6-type --icmpv6-code --icmpv6-id' states='' ;;
        gre) options+=' --srckey --orig-key-src --dstkey --orig-key-dst --reply-key-src --reply-key-dst --mask-key-src --mask-key-dst --tuple-key-src --tuple-key-dst' states='' ;;
    esac
    case $prev in
        -R|--load-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --state) words=$states ;;
        --role) words='client server' ;;
        -L|--dump) words='expect conntrack dying unconfirmed' ;;
        -G|--get) words='expect conntrack dying unconfirmed' ;;
        -D|--delete) words='expect conntrack dying unconfirmed' ;;
        -I|--create) words='expect conntrack dying unconfirmed' ;;
        -A|--add) words='expect conntrack dying unconfirmed' ;;
        -U|--update) words='expect conntrack dying unconfirmed' ;;
        -E|--event) words='expect conntrack dying unconfirmed' ;;
        -F|--flush) words='expect conntrack dying unconfirmed' ;;
        -C|--counter) words='expect conntrack dying unconfirmed' ;;
        -S|--stats) words='expect conntrack dying unconfirmed' ;;
        --metrics) words='conntrack node' ;;
        -s|--src|--orig-src) return ;;
        -d|--dst|--orig-dst) return ;;
        -r|--reply-src) return ;;
        -q|--reply-dst) return ;;
        -p|--protonum) words='tcp udp udplite sctp dccp icmp icmpv6 gre' ;;
        -t|--timeout) return ;;
        -u|--status) list=1 words='ASSURED SEEN_REPLY UNSET FIXED_TIMEOUT EXPECTED OFFLOAD HW_OFFLOAD UNREPLIED' ;;
        -e|--event-mask) list=1 words='ALL NEW UPDATES DESTROY' ;;
        --tuple-src) return ;;
        --tuple-dst) return ;;
        --mask-src) return ;;
        --mask-dst) return ;;
        -a|--nat-range) return ;;
        -m|--mark) return ;;
        -i|--id) return ;;
        -f|--family) words='ipv4 ipv6' ;;
        -o|--output) list=1 words='xml extended timestamp id ktimestamp labels userspace save json' ;;
        -c|--secmark) return ;;
        -b|--buffer-size) return ;;
        -w|--zone) return ;;
        -l|--label) return ;;
        --label-add) return ;;
        --orig-zone) return ;;
        --reply-zone) return ;;
        -M|--labelmap) COMPREPLY=($(compgen -f -- "$cur")); return ;;
        --remaining) return ;;
        --interval) return ;;
        --watch) return ;;
        --by) list=1 words='source source-prefix destination destination-prefix service server protocol state status zone mark label helper nat-source nat-pool' ;;
        --show) return ;;
        --netns) return ;;
    esac
    if [[ $list ]]; then
        local before=''
        [[ $cur == *,* ]] && before=${cur%,*},
        COMPREPLY=($(compgen -P "$before" -W "$words" -- "${cur##*,}"))
    elif [[ $words && $cur != -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    else
        COMPREPLY=($(compgen -W "$options -R --load-file" -- "$cur"))
    fi
}
complete -F _conntrack conntrack
